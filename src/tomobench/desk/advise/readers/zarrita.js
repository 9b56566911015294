/* Reads the stores that tomobench.drivers.readers wrote, with zarrita, and prints a verdict on each.

   node --input-type=module - FOLDER FIRST < zarrita.js      in a folder with zarrita in node_modules

   A line of JSON each, as tomobench.drivers.readers prints them. Parts are compared byte by byte, in C order. */

import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const [folder, first] = process.argv.slice(2);
const say = answer => process.stdout.write(JSON.stringify(answer) + '\n');

let zarr, FileSystemStore;
try {
    zarr = await import('zarrita');
    FileSystemStore = (await import('@zarrita/storage/fs')).default;
} catch (error) {
    say({missing: error.message.split('\n')[0]});
    process.exit(0);
}
const manifest = new URL('../../package.json', import.meta.resolve('zarrita'));
say({version: JSON.parse(readFileSync(manifest)).version});

const list = JSON.parse(readFileSync(join(folder, 'stores.json')));
const raw = readFileSync(join(folder, 'voxels.bin'));
const voxels = new Uint32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
const [, height, width] = list.shape;

/* The bits of a part of the volume, as unsigned numbers. */
function expected(part) {
    const [zs, ys, xs] = part, found = [];
    for (let z = zs[0]; z < zs[1]; ++z) {
        for (let y = ys[0]; y < ys[1]; ++y) {
            const row = (z * height + y) * width;
            found.push(...voxels.subarray(row + xs[0], row + xs[1]));
        }
    }
    return found;
}

async function verdict(path) {
    const node = await zarr.open(zarr.root(new FileSystemStore(join(folder, path))), {kind: 'array'});
    if (node.dtype !== 'float32') return ['wrong', 'the array says it has ' + node.dtype];
    for (const [name, part] of Object.entries(list.parts)) {
        const {data} = await zarr.get(node, part.map(([start, stop]) => zarr.slice(start, stop)));
        const want = expected(part), bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
        if (bits.length !== want.length) return ['wrong', name + ': ' + bits.length + ' voxels'];
        const wrong = want.filter((value, n) => value !== bits[n]).length;
        if (wrong) return ['wrong', name + ': ' + wrong + ' of ' + want.length + ' voxels differ'];
    }
    return ['reads', ''];
}

for (const entry of list.stores.slice(Number(first))) {
    let found;
    try {
        found = await verdict(entry.path);
    } catch (error) {
        found = ['refuses', error.name + ': ' + error.message];
    }
    say({kind: entry.kind, verdict: found[0], reason: found[1]});
}
