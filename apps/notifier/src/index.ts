export { NotifierModule } from './notifier.module.js';
export { NOTIFIER } from './notifier.service-definition.js';
export { DispatchService } from './dispatch/dispatch.service.js';
