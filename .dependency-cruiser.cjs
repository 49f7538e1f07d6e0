const SPEC = '\\.(spec|int-spec|e2e-spec|contract|conformance|fixture|spec-support)\\.ts$|\\.conformance\\.|/src/testing/';

/** A technology and the only folder that may touch it (specs beside it may too). */
const home = (technology, pattern, folders) => ({
  name: `${technology}-has-one-home`,
  comment: `${technology} lives in ${folders}; use what that folder exports.`,
  severity: 'error',
  from: { path: '^(apps|libs|tools)/', pathNot: `${folders}|${SPEC}` },
  to: { path: `(^|/)node_modules/${pattern}/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'The domain is arithmetic: no I/O, no Nest. The packages named here are pure.',
      severity: 'error',
      from: { path: '^libs/domain', pathNot: SPEC },
      to: { pathNot: '^libs/domain|node_modules/(luxon|@types/luxon|@datadog/sketches-js|rrule)/' },
    },
    {
      name: 'mist-knows-only-the-domain',
      comment: 'libs/mist maps wire records to domain records; the HTTP client lives in apps/collector.',
      severity: 'error',
      from: { path: '^libs/mist', pathNot: SPEC },
      to: { path: '^(apps|tools|libs/(shared|testing))/' },
    },
    {
      name: 'libs-know-no-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|tools|bench|test)/' },
    },
    {
      name: 'shared-knows-only-the-domain',
      severity: 'error',
      from: { path: '^libs/shared', pathNot: SPEC },
      to: { path: '^libs/(mist|testing)/' },
    },
    {
      name: 'apps-are-strangers',
      comment: 'Apps meet in Postgres and in the queue contracts.',
      severity: 'error',
      from: { path: '^apps/([^/]+)' },
      to: { path: '^apps', pathNot: '^apps/$1' },
    },
    {
      name: 'only-launchers-know-apps',
      comment: 'tools/cli starts them in one process; bench and test drive them.',
      severity: 'error',
      from: { path: '^tools/', pathNot: '^tools/cli/' },
      to: { path: '^apps/' },
    },
    {
      name: 'testing-is-for-specs',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: `^libs/testing|${SPEC}` },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'faces-only',
      comment: 'Import "@app/x", never a path inside another workspace.',
      severity: 'error',
      from: { path: '^((?:apps|libs|tools)/[^/]+|bench|test)/' },
      to: {
        path: '^(apps|libs|tools)/[^/]+/src/',
        pathNot: '^$1/|^(apps|libs|tools)/[^/]+/src/index\\.ts$|^libs/shared/src/infra/index\\.ts$',
      },
    },
    {
      name: 'client-stands-alone',
      comment: 'The client knows the API by its document only.',
      severity: 'error',
      from: { path: '^libs/client' },
      to: { path: '^(apps|tools|libs/(?!client/))' },
    },
    {
      name: 'services-do-not-call-each-other',
      comment: 'The client is for callers of the API: specs, tools, programs of others.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: `^libs/client|${SPEC}` },
      to: { path: '^libs/client/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    home('bullmq', 'bullmq', '^libs/shared/src/queue/'),
    home('typeorm', 'typeorm', '^libs/shared/src/database/'),
    home('nodemailer', '(@types/)?nodemailer', '^apps/notifier/src/channels/email/'),
    home('openid-client', 'openid-client', '^apps/api/src/login/'),
    home('smtp-server', '(@types/)?smtp-server', '^(libs/testing|tools)/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
