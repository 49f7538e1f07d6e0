import { inject } from '../inject.spec-support.js';
import { AnswerCheck } from './answers.spec-support.js';
import { operationsOf, type OpenApi, type Operation } from './document.spec-support.js';
import { RequestMaker, type FuzzRequest } from './requests.spec-support.js';
import { SeededRandom } from './seeded-random.spec-support.js';
import { startFuzzWorld } from './world.fixture.js';

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 300);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const MS_PER_REQUEST = 200;
const START_MS = 60_000;

interface Found {
  readonly fault: string;
  readonly example: FuzzRequest;
  times: number;
}

const said = ({ method, url, payload }: FuzzRequest): string => `${method} ${url.slice(0, 400)} ${(payload ?? '').slice(0, 300)}`;

it(
  `answers ${String(REQUESTS)} requests made from its document as the document says, and never fails`,
  async () => {
    const { fixture, world } = await startFuzzWorld();
    const document = JSON.parse((await fixture.call(null, 'GET', '/openapi.json')).body) as OpenApi;
    const random = new SeededRandom(SEED);
    const maker = new RequestMaker(document, world, random);
    const check = new AnswerCheck(document);
    const found = new Map<string, Found>();
    const statuses = new Map<number, number>();
    const ask = async (operation: Operation): Promise<void> => {
      const request = maker.make(operation);
      const { isOffRoute: _, ...sent } = request;
      const { statusCode, headers, body } = await inject(fixture.api.app, sent);
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
      const answer = { status: statusCode, type: String(headers['content-type'] ?? ''), body };
      for (const fault of check.faultsOf(operation, request, answer)) {
        const name = `${operation.method} ${operation.path} -> ${String(statusCode)}: ${fault}`;
        const known = found.get(name);
        if (known === undefined) found.set(name, { fault: name, example: request, times: 1 });
        else known.times += 1;
      }
    };
    const operations = operationsOf(document);
    try {
      for (let i = 0; i < REQUESTS; i++)
        await ask(i < operations.length ? (operations[i] ?? random.pick(operations)) : random.pick(operations));
    } finally {
      await fixture.close();
    }
    if (REQUESTS > 300) process.stdout.write(`${JSON.stringify(Object.fromEntries([...statuses].sort()))}\n`);
    expect(
      [...found.values()].map(
        ({ fault, example, times }) => `${fault} (${String(times)} times, with seed ${String(SEED)}: ${said(example)})`,
      ),
    ).toEqual([]);
  },
  START_MS + REQUESTS * MS_PER_REQUEST,
);
