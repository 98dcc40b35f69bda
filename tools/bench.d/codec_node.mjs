// Node's part of tools/bench codec: see codec_driver.c. Only JSON.parse is timed: neither the
// string that it is given nor the matrix, which omen's time includes.
import { readFileSync } from 'node:fs';

const [path, , seconds] = process.argv.slice(2);
const text = readFileSync(path, 'utf8');
let best = Infinity;
const end = process.hrtime.bigint() + BigInt(Math.round(Number(seconds) * 1e9));
let parsed;
do {
    const began = process.hrtime.bigint();
    parsed = JSON.parse(text);
    best = Math.min(best, Number(process.hrtime.bigint() - began));
} while (process.hrtime.bigint() < end);
const numbers = new Float64Array(parsed.input.flat());
let all = 0n;
for (const bits of new BigUint64Array(numbers.buffer)) all ^= bits;
console.log(`${best} ${all.toString(16)}`);
