import { mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { importFile } from './import-file.js';
import { ImportScene, NOW } from './import.fixture.js';

const HOUR_MS = 3_600_000;
const CIRCUITS = 100;
const HOURS = 1000;
const START = Date.UTC(2026, 0, 5);
/** Line -> what stands there instead of a row. */
const BAD: Readonly<Record<number, string>> = {
  777: '2026-01-05T10:20:00Z,s1,m1,p,1,1,60,0,20,1',
  50_000: 'rubbish',
  100_004: `${new Date(START).toISOString()},s1,m1,p,-5,1,60,0,20,1`,
};
const ROWS = CIRCUITS * HOURS + Object.keys(BAD).length;

function* lines(): Generator<string> {
  yield 'hour,site_id,mac,port_id,rx_bytes,tx_bytes,up_minutes,flaps,latency_avg,loss_avg\n';
  let line = 1;
  for (let i = 0; i < CIRCUITS * HOURS; i++) {
    for (let bad = BAD[++line]; bad !== undefined; bad = BAD[++line]) yield `${bad}\n`;
    const [circuit, hour] = [i % CIRCUITS, Math.floor(i / CIRCUITS)];
    const at = new Date(START + hour * HOUR_MS).toISOString();
    yield `${at},s${String(circuit % 50)},m${String(circuit)},p,${String(i * 1000)},${String(i)},${String(i % 61)},0,${String(i % 90)}.5,0.1\n`;
  }
  for (let bad = BAD[++line]; bad !== undefined; bad = BAD[++line]) yield `${bad}\n`;
}

let scene: ImportScene;
let folder: string;
beforeAll(async () => {
  scene = await ImportScene.open();
  folder = await mkdtemp(join(tmpdir(), 'import-'));
  await pipeline(Readable.from(lines()), createWriteStream(join(folder, 'hours.csv')));
}, 60_000);
afterAll(async () => {
  await scene.close();
  await rm(folder, { recursive: true });
});

describe('a file of 100,000 circuit-hours', () => {
  it('is stored but for its three bad lines, tells how far it is, and changes nothing the second time', async () => {
    const file = join(folder, 'hours.csv');
    const request = { database: scene.database, kind: 'circuit-hours' as const, file, orgExternalId: 'org-1', now: NOW };
    const steps: number[] = [];
    const first = await importFile({ ...request, onProgress: ({ rows }) => steps.push(rows) });
    expect(first.errors.map(({ line, column }) => [line, column])).toEqual([
      [777, 'hour'],
      [50_000, null],
      [100_004, 'rx_bytes'],
    ]);
    expect(first).toMatchObject({ rows: ROWS, stored: CIRCUITS * HOURS, unchanged: 0, refused: 3 });
    expect(steps.length).toBeGreaterThan(40);
    expect(steps.at(-1)).toBe(ROWS);
    const [stored] = await scene.database.query(
      'select count(*) as hours, sum(rx_bytes)::float8 as bytes, count(distinct circuit_id) as circuits from circuit_hour',
    );
    expect(stored).toEqual({
      hours: CIRCUITS * HOURS,
      bytes: 1000 * ((CIRCUITS * HOURS * (CIRCUITS * HOURS - 1)) / 2),
      circuits: CIRCUITS,
    });

    expect(await importFile(request)).toEqual({ ...first, stored: 0, unchanged: CIRCUITS * HOURS });
  }, 180_000);
});
