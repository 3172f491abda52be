// Whether the schema that is published with the npm package `ctrf` allows the report on standard input.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import formats from 'ajv-formats';

const schema = JSON.parse(readFileSync('node_modules/ctrf/dist/ctrf-schema-0.0.json', 'utf8'));
const ajv = new Ajv.default({ allErrors: true, strict: false });
formats.default(ajv);
const allows = ajv.compile(schema);
const report = JSON.parse(readFileSync(0, 'utf8'));
console.log(allows(report) ? 'allowed' : JSON.stringify(allows.errors.slice(0, 5), null, 1));
