import { DevicesController } from '../devices/devices.controller.js';
import { DevicesRepository } from '../devices/devices.repository.js';
import { ReachabilityController } from '../devices/reachability.controller.js';
import { HealthHistoryController } from '../sle/health-history.controller.js';
import { SiteKeys } from '../sle/site-key.js';
import { SleHistoryController } from '../sle/sle-history.controller.js';
import { SleHistoryService } from '../sle/sle-history.service.js';
import { TrendSubjects } from './subjects.repository.js';
import { TrendsController } from './trends.controller.js';
import { TrendsService } from './trends.service.js';

/** What tells of time gone by: service levels, health, gateways, trends. */
export const HISTORY_CONTROLLERS = [
  TrendsController,
  SleHistoryController,
  HealthHistoryController,
  DevicesController,
  ReachabilityController,
];
export const HISTORY_PROVIDERS = [DevicesRepository, SiteKeys, SleHistoryService, TrendSubjects, TrendsService];
