import 'reflect-metadata';
import { runService } from '@app/shared';
import { collectorService } from './collector.service.js';

await runService(collectorService);
