export { NotifierModule } from './notifier.module.js';
export { NOTIFIER } from './notifier.service-definition.js';
export { DispatchService } from './dispatch/dispatch.service.js';
export { Channels, channelsOf } from './channels/channels.module.js';
export { testChannel, type TestedDestination } from './channels/test-message.js';
