export { createEmptyDatabase, createTestDatabase, type TestDatabase } from './database.js';
export { ManualClock } from './manual-clock.js';
export { testRedisUrl, type TestRedis } from './redis.js';
export { type SinkMail, type SmtpFault, type SmtpSink, startSmtpSink } from './smtp-sink.js';
export { testRedisServerUrl, testServerUrl } from './test-servers.js';
export { waitFor, type WaitOptions } from './wait-for.js';
export { seedOrg, type Seed, type SeededCircuit, type SeededHour, type SeededSite } from './seed.js';
export {
  HTTP_FAULTS,
  startHttpReceiver,
  type GivenAnswer,
  type HttpFault,
  type HttpReceiver,
  type ReceivedRequest,
} from './http-receiver.js';
export { startFakeSlack, type FakeSlack, type SlackPost } from './receivers/slack.js';
export { startFakePagerDuty, type FakePagerDuty, type PagerDutyAlert } from './receivers/pagerduty.js';
export { startFakeTeams, type FakeTeams } from './receivers/teams.js';
export { startFakeJira, type FakeJira, type JiraTicket } from './receivers/jira.js';
export { startFakeServiceNow, type FakeServiceNow, type ServiceNowTicket } from './receivers/servicenow.js';
