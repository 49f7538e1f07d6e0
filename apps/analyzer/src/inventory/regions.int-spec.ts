import { IngestScene } from '../ingest/ingest.fixture.js';

const NOW = Date.UTC(2026, 2, 3, 12);
const entry = (id: string): string =>
  `orgs: [{ id: ${id}, baseUrl: api.example.com, token: example-token, regions: { prefix: 'Region ' } }]`;

/** The region of a site in the group `Region North`, as an org configured so finds it. */
async function regionBy(configuration: string): Promise<string | undefined> {
  const scene = await IngestScene.open(NOW, configuration);
  try {
    await scene.commit('site-groups', [{ id: 'group-1', name: 'Region North' }]);
    await scene.commit('sites', [{ id: 'site-1', name: 'Store 1', country_code: 'DE', sitegroup_ids: ['group-1'] }]);
    return (await scene.database.query<{ region: string }>('select region from site_attribute'))[0]?.region;
  } finally {
    await scene.close();
  }
}

describe('the regions of an org', () => {
  it('follow its own entry', async () => {
    expect(await regionBy(entry('org-1'))).toBe('North');
  }, 60_000);

  it('follow the entry by which its id was found out from its token', async () => {
    expect(await regionBy(entry('auto'))).toBe('North');
  }, 60_000);

  it('follow no entry of another org', async () => {
    expect(await regionBy(entry('org-2'))).toBe('DE');
  }, 60_000);
});
