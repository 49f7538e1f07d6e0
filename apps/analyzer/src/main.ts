import 'reflect-metadata';
import { runService } from '@app/shared';
import { ANALYZER } from './analyzer.service-definition.js';

await runService(ANALYZER);
