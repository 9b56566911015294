/* What the scripts share, for `make check-script-types`: asv's page, and the names they give each other. */

/* jQuery, as far as it is used. What it finds has no type: @types/jquery is newer than asv's jQuery 3.3. */
interface JQueryHere {
    (wanted: any, attributes?: any): any;
    ajax(settings: {url: string, dataType: string, cache: boolean}): any;
    each(one: any, action: (key: string, value: any) => void): any;
    isEmptyObject(one: object): boolean;
    Deferred(): any;
    /* asv's own script, asv.js. */
    asv: {
        /* Of shell.js, asked before an address is shown; of benchmark_list.js. */
        arrive(): void;
        list_lazily(table: any, data: any[], make_row: (row: any) => any): void;
        main_json: any;
        main_timestamp: number;
        ui: {network_error(...said: any[]): void};
        convert_benchmark_param_value(value: any): any;
        format_date_yyyymmdd(date: Date): string;
        format_hash_string(place: {location: string[], params?: object}): string;
        parse_hash_string(text: string): {location: string[], params: {[name: string]: string[]}};
        pretty_unit(value: number, unit: string): string;
        register_page(name: string, show: (params: {[name: string]: string[]}) => void): void;
    };
}

declare const $: JQueryHere;

interface Window {
    tomobenchRank(data: any, want: any): {rows: any[], out: [number, string][]};
    tomobenchTree(attributes: {[name: string]: string[]}, outcome: (choice: any) => string): any;
    tomobenchWords: {
        cut(shape: number[]): string;
        digits(value: number): string;
        time(seconds: number): string;
        bytes(count: number): string;
        times(one: number, other: number): string;
    };
    tomobenchShapes: {normal(text: string): string; holds(text: string, words: string): boolean};
    /* The parts are tested by themselves (release-table.test.js). */
    tomobenchRelease: any;
    tomobenchChart(place: HTMLElement, points: any[], options: any): void;
}
