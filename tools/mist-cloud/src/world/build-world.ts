import type { ResolvedOptions, ResolvedOrg } from '../options.js';
import { macOf, uuidOf } from '../random.js';
import { buildSite, deviceIdOf } from './build-site.js';
import { OTHER_GROUPS, PLACES } from './catalogue.js';
import type { Org, Site, SiteGroup, World } from './nouns.js';

const REGIONS = [...new Set<string>(PLACES.map((place) => place.region))];
const GROUP_NAMES = [...REGIONS, ...OTHER_GROUPS];

const groupIdOf = (seed: number, orgNumber: number, name: string): string =>
  uuidOf(seed, orgNumber, GROUP_NAMES.indexOf(name), 61);

/** The region's group is not always the first one: its place in `sitegroup_ids` means nothing. */
const groupNamesFor = (region: string, number: number): readonly string[] => {
  const extra = number % 10 === 0 ? [OTHER_GROUPS[0]] : number % 7 === 0 ? [OTHER_GROUPS[1]] : [];
  return number % 11 === 10 ? extra : [...extra, region];
};

const spareOf = (options: ResolvedOptions, orgNumber: number, type: 'gateway' | 'ap'): Org['spares'][number] => {
  const mac = macOf({ seed: options.seed, org: orgNumber, kind: 5, index: type === 'ap' ? 1 : 0 });
  const model = type === 'ap' ? 'AP45' : 'SSR120';
  return { id: deviceIdOf(type, mac), mac, name: mac, model, serial: `SPARE${mac.slice(6)}`, version: '', type };
};

const buildOrg = (options: ResolvedOptions, plan: ResolvedOrg, number: number): Org => {
  const { seed, startAtMs } = options;
  const id = plan.id ?? uuidOf(seed, number, 62);
  const groupsFor = (region: string, siteNumber: number): readonly string[] =>
    groupNamesFor(region, siteNumber).map((name) => groupIdOf(seed, number, name));
  const sites = Array.from({ length: plan.sites }, (_, siteNumber) =>
    buildSite(
      {
        seed,
        startAtMs,
        orgNumber: number,
        orgId: id,
        number: siteNumber,
        siteCount: plan.sites,
        circuits: plan.circuitsPerSite,
        aps: plan.apsPerSite,
      },
      groupsFor,
    ),
  );
  const groups: SiteGroup[] = GROUP_NAMES.map((name) => {
    const groupId = groupIdOf(seed, number, name);
    return { id: groupId, name, siteIds: sites.filter((site) => site.groupIds.includes(groupId)).map((site) => site.id) };
  });
  return {
    number,
    id,
    name: plan.name ?? `Example Org ${number + 1}`,
    tokens: plan.tokens,
    sites,
    groups,
    spares: [spareOf(options, number, 'gateway'), spareOf(options, number, 'ap')],
  };
};

const macsOf = (site: Site): string[] => [site.gateway.mac, site.switch.mac, ...site.aps.map((ap) => ap.mac)];

/** Builds everything that does not change with time, once. */
export const buildWorld = (options: ResolvedOptions): World => {
  const orgs = options.orgs.map((plan, number) => buildOrg(options, plan, number));
  const sites = orgs.flatMap((org) => org.sites);
  const orgsByToken = new Map<string, Org[]>();
  for (const org of orgs) {
    for (const token of org.tokens) orgsByToken.set(token, [...(orgsByToken.get(token) ?? []), org]);
  }
  return {
    seed: options.seed,
    startAtMs: options.startAtMs,
    orgs,
    orgById: new Map(orgs.map((org) => [org.id, org])),
    siteById: new Map(sites.map((site) => [site.id, site])),
    siteByMac: new Map(sites.flatMap((site) => macsOf(site).map((mac) => [mac, site] as const))),
    orgsByToken,
  };
};
