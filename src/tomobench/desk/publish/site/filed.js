'use strict';

/* What each row of releases/<n>.json is filed under, put together (families.py, releases_page.py): an object a row, one
   for rows that are alike; null for a row that makes no facts. */

(function() {
    window.tomobenchFiled = function(filed) {
        const made = new Map();
        return filed.rows.map(function(row) {
            if (!row) return null;
            const key = String(row);
            if (!made.has(key)) {
                const [access, layout, kind] = row;
                made.set(key, {...filed.kinds[kind], access: filed.accesses[access], layout: filed.layouts[layout]});
            }
            return made.get(key);
        });
    };
})();
