import { writeCollection } from './bruno/collection.js';

await writeCollection();
