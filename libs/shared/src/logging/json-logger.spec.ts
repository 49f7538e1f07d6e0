import { JsonLogger } from './json-logger.js';

describe('the log', () => {
  it('leaves what Nest tells of its modules and routes to whoever debugs', () => {
    const lines: string[] = [];
    const logger = (level: 'info' | 'debug') =>
      new JsonLogger({ service: 'api', level, destination: { write: (line) => void lines.push(line) } });
    const shown = (): unknown[] => lines.splice(0).map((line) => (JSON.parse(line) as { message: string }).message);
    logger('info').log('Mapped {/v1/orgs, GET} route', 'RouterExplorer');
    logger('info').log('AppModule dependencies initialized', 'InstanceLoader');
    logger('info').log('Read sites', 'CollectorHandlers');
    expect(shown()).toEqual(['Read sites']);
    logger('debug').log('Mapped {/v1/orgs, GET} route', 'RouterExplorer');
    expect(shown()).toEqual(['Mapped {/v1/orgs, GET} route']);
    logger('info').error('No such route', 'RouterExplorer');
    expect(shown()).toEqual(['No such route']);
  });
});
