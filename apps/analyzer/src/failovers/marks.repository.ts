import { pathActivity, type EpochMs, type PathSample, type PortSample } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { LockedCircuit } from '../facts/circuits.repository.js';
import type { FactsInput } from '../facts/facts.types.js';
import { instant } from '../facts/sql-time.js';
import type { CounterMemory } from './counter-memory.js';
import type { Touch } from '../facts/work.js';

/** What a batch knows of its circuits before its own observations are taken in, and which cut-offs it changed. */
interface Known {
  readonly circuits: ReadonlyMap<number, LockedCircuit>;
  readonly cutOffs: readonly Touch[];
  readonly maxGapMs: number;
  readonly memory: CounterMemory;
}

/**
 * When an observation matters: `late` always, `delayed` when another circuit of its site was seen at a later time, `primary` when its circuit is one,
 * `still` when besides its counters stand still.
 */
type Reason = 'late' | 'delayed' | 'primary' | 'still';

interface Candidate {
  readonly circuitId: number;
  readonly at: EpochMs;
  readonly until: EpochMs;
  readonly reason: Reason;
  readonly sample: PortSample | null;
}

/** What comes later than this after it was taken may be older than what its site has told since. */
const PROMPT_MS = 60_000;

/**
 * Notes the sites whose failovers these observations may change; in their transaction, after their circuits were locked. Live, that is few: a
 * primary that does not carry or is watched, and whatever comes late. Imports bring no active flag and any order: all their sites. Returns how many.
 */
export async function markFailovers(db: Queryable, input: FactsInput, known: Known): Promise<number> {
  if (input.origin === 'import') return markSites(db, input, [...importedSpans(input, known), ...known.cutOffs]);
  const watched = await watchedSites(db, input.orgId);
  const candidates = [...observedCandidates(input, known, watched), ...known.cutOffs.map(asCandidate)];
  const marked = await markCandidates(db, input.orgId, candidates, known.maxGapMs);
  return marked + (await markPaths(db, input, known));
}

const asCandidate = ({ circuitId, from, to }: Touch): Candidate => ({
  circuitId,
  at: from,
  until: to,
  reason: 'late',
  sample: null,
});

async function watchedSites(db: Queryable, orgId: number): Promise<ReadonlySet<number>> {
  const rows = await db.query<{ site: number }>('select site_id as site from failover_watch where org_id = $1', [orgId]);
  return new Set(rows.map(({ site }) => site));
}

/** First and last observation of each circuit. */
function importedSpans({ portSamples, portEvents }: FactsInput, { circuits }: Known): Touch[] {
  const spans = new Map<number, { circuitId: number; from: EpochMs; to: EpochMs }>();
  const add = (circuitId: number, at: EpochMs): void => {
    const span = spans.get(circuitId) ?? { circuitId, from: at, to: at };
    spans.set(circuitId, { circuitId, from: Math.min(span.from, at), to: Math.max(span.to, at) });
  };
  for (const { circuitId, sample } of portSamples) add(circuitId, sample.at);
  for (const { circuitId, event } of portEvents) add(circuitId, event.at);
  return [...spans.values()].filter(({ circuitId }) => circuits.has(circuitId));
}

async function markSites(db: Queryable, { orgId }: FactsInput, touches: readonly Touch[]): Promise<number> {
  if (touches.length === 0) return 0;
  await db.query(
    `insert into failover_mark (org_id, site_ids, from_at, to_at)
     select $1, array_agg(distinct c.site_id), ${instant('$3::float8')}, ${instant('$4::float8')} from circuit c where c.org_id = $1 and c.id = any($2::int[])`,
    [
      orgId,
      touches.map(({ circuitId }) => circuitId),
      Math.min(...touches.map(({ from }) => from)),
      Math.max(...touches.map(({ to }) => Math.min(to, LAST_MS))),
    ],
  );
  return 1;
}

const LAST_MS = Date.UTC(2101, 0, 1);

function observedCandidates(
  { portSamples, portEvents, now }: FactsInput,
  { circuits, memory, maxGapMs }: Known,
  watched: ReadonlySet<number>,
): Candidate[] {
  const candidates: Candidate[] = [];
  const add = (circuitId: number, at: EpochMs, worry: Worry | null): void => {
    const circuit = circuits.get(circuitId);
    if (circuit === undefined) return;
    const base = { circuitId, at, until: at, sample: null };
    if (at <= (circuit.lastObservedAt ?? -Infinity)) candidates.push({ ...base, reason: 'late' });
    else if (at < now - PROMPT_MS) candidates.push({ ...base, reason: 'delayed' });
    if (watched.has(circuit.siteId)) candidates.push({ ...base, reason: 'primary' });
    else if (worry?.sample != null && memory.hasRisen(circuit, worry.sample, maxGapMs)) return;
    else if (worry !== null) candidates.push({ ...base, ...worry });
  };
  for (const { circuitId, sample } of portSamples) add(circuitId, sample.at, worryOf(sample));
  for (const { circuitId, sample } of portSamples) memory.remember(circuitId, sample);
  for (const { circuitId, event } of portEvents)
    add(circuitId, event.at, event.state === 'down' ? { reason: 'primary', sample: null } : null);
  return candidates;
}

type Worry = Pick<Candidate, 'reason' | 'sample'>;

/** What a reading says against its port carrying anything; without an active flag only its counters can tell. */
function worryOf(sample: PortSample): Worry | null {
  if (sample.disabled || sample.up === null || (sample.up && sample.active === true)) return null;
  return sample.up && sample.active === null ? { reason: 'still', sample } : { reason: 'primary', sample: null };
}

const MARK_CANDIDATES = `
  insert into failover_mark (org_id, site_ids, from_at, to_at)
  select $1, array_agg(distinct c.site_id), min(${instant('u.at')}), max(${instant('u.until')})
  from unnest($2::int[], $3::float8[], $4::float8[], $5::text[], $6::bigint[], $7::bigint[]) as u (circuit, at, until, reason, rx, tx)
  join circuit c on c.org_id = $1 and c.id = u.circuit
  where case u.reason when 'late' then true
    when 'delayed' then exists (select 1 from circuit o where o.org_id = $1 and o.site_id = c.site_id and o.last_observed_at > ${instant('u.at')})
    else exists (select 1 from circuit_attribute a where a.org_id = $1 and a.circuit_id = c.id and a.role = 'primary')
      and (u.reason = 'primary' or exists (
        select 1 from (select s.rx_bytes, s.tx_bytes from port_sample s where s.org_id = $1 and s.circuit_id = c.id and s.at < ${instant('u.at')}
            and s.at >= ${instant('u.at - $9::float8')} and s.at >= ${instant('$8::float8 - $9::float8')} order by s.at desc limit 1) p
        where coalesce(u.rx <= p.rx_bytes, true) and coalesce(u.tx <= p.tx_bytes, true)))
    end
  having count(*) > 0 returning cardinality(site_ids) as sites`;

async function markCandidates(db: Queryable, orgId: number, candidates: readonly Candidate[], maxGapMs: number): Promise<number> {
  if (candidates.length === 0) return 0;
  const [marked] = await db.query<{ sites: number }>(MARK_CANDIDATES, [
    orgId,
    candidates.map(({ circuitId }) => circuitId),
    candidates.map(({ at }) => at),
    candidates.map(({ until }) => Math.min(until, LAST_MS)),
    candidates.map(({ reason }) => reason),
    candidates.map(({ sample }) => sample?.rxBytes ?? null),
    candidates.map(({ sample }) => sample?.txBytes ?? null),
    Math.min(...candidates.map(({ at }) => at)),
    maxGapMs,
  ]);
  return marked?.sites ?? 0;
}

interface PathGroup {
  readonly deviceId: number;
  readonly portName: string;
  readonly at: EpochMs;
  readonly samples: PathSample[];
}

function pathGroups({ pathSamples }: FactsInput): PathGroup[] {
  const groups = new Map<string, PathGroup>();
  for (const { deviceId, portName, sample } of pathSamples) {
    const key = `${deviceId} ${sample.at} ${portName}`;
    const group = groups.get(key) ?? { deviceId, portName, at: sample.at, samples: [] };
    groups.set(key, group);
    group.samples.push(sample);
  }
  return [...groups.values()];
}

/** Paths go by a port or a WAN name it has or had. Those of a primary matter when none is active, those of any circuit when they come late. */
async function markPaths(db: Queryable, input: FactsInput, known: Known): Promise<number> {
  const groups = pathGroups(input);
  const first = Math.min(...groups.map(({ at }) => at));
  const isOvertaken = [...known.circuits.values()].some(({ lastObservedAt }) => first < (lastObservedAt ?? -Infinity));
  const asked = groups.filter(({ samples }) => isOvertaken || pathActivity(samples) === false);
  if (asked.length === 0) return 0;
  const [marked] = await db.query<{ sites: number }>(
    `insert into failover_mark (org_id, site_ids, from_at, to_at)
     select $1, array_agg(distinct c.site_id), min(${instant('u.at')}), max(${instant('u.at')})
     from unnest($2::int[], $3::text[], $4::float8[], $5::bool[]) as u (device, port, at, idle)
     join device d on d.org_id = $1 and d.id = u.device
     join circuit c on c.org_id = $1 and c.mac = d.mac and (u.port in (c.port_id, c.wan_name) or exists (
       select 1 from circuit_attribute a where a.org_id = $1 and a.circuit_id = c.id and a.source = 'mist' and a.name = u.port))
     where ${instant('u.at')} < c.last_observed_at
       or (u.idle and exists (select 1 from circuit_attribute a where a.org_id = $1 and a.circuit_id = c.id and a.role = 'primary'))
     having count(*) > 0 returning cardinality(site_ids) as sites`,
    [
      input.orgId,
      asked.map(({ deviceId }) => deviceId),
      asked.map(({ portName }) => portName),
      asked.map(({ at }) => at),
      asked.map(({ samples }) => pathActivity(samples) === false),
    ],
  );
  return marked?.sites ?? 0;
}
