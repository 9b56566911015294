/* What the scripts share, for `make check-script-types`: asv's page, and the names they give each other. */

/* jQuery, as far as it is used. What it finds has no type: @types/jquery is newer than asv's jQuery 3.3. */
interface JQueryHere {
    (wanted: any, attributes?: any): any;
    ajax(settings: {url: string, dataType: string, cache: boolean}): any;
    each(one: any, action: (key: string, value: any) => void): any;
    isEmptyObject(one: object): boolean;
    when(...asked: any[]): any;
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
    tomobenchNumbers: {
        sum(values: number[]): number;
        column(count: number, of: (place: number) => number): Float64Array;
        general(value: number, digits: number, grouped?: boolean): string;
        fixed(value: number, after: number, grouped?: boolean): string;
        percent(value: number): string;
        plain(value: number, figures: number): string;
        even(value: number): number;
    };
    /* The parts of a plan, each with what it is told of in its script. */
    tomobenchLattice(rules: any): any;
    tomobenchWork(rules: any): any;
    tomobenchEstimate(data: any, of: any, question: any): any;
    tomobenchSearch(desk: any): any;
    tomobenchSearchSteps(desk: any): Generator<void, any>;
    tomobenchSaid(desk: any, found: any): any;
    tomobenchCurrent(desk: any, found: any, layout: any): {now: any, says: string[]};
    tomobenchQuestion(data: any, typed: any): {question: any, problems: {[field: string]: string}, command: string};
    tomobenchUpgrade(data: any, question: any, layout: any, before: any, after: any): any;
    tomobenchCompares(of: any, version: string, far: boolean): boolean;
    tomobenchWords: {
        cut(shape: number[]): string;
        cross(shape: number[] | null): string;
        digits(value: number): string;
        time(seconds: number): string;
        size(count: number, figures?: number): string;
        bytes(count: number): string;
    };
    tomobenchShapes: {normal(text: string): string; holds(text: string, words: string): boolean};
    tomobenchFiled(filed: any): any[];
    tomobenchRatios: {short(value: number): string; times(value: number): string};
    /* The parts are tested by themselves (release-table.test.js). */
    tomobenchRelease: any;
    tomobenchCopy: {[format: string]: (shown: any) => string};
    tomobenchChart(place: HTMLElement, points: any[], options: any): void;
}
