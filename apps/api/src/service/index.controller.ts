import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../access/access.decorators.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);

/** The first page a person sees. */
@ApiExcludeController()
@Public()
@Controller()
export class IndexController {
  constructor(@Inject(API_SETTINGS) private readonly settings: ApiSettings) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    const { mailboxUrl } = this.settings;
    const links = [
      ['/docs', 'API documentation, to try out'],
      ['/openapi.json', 'OpenAPI document'],
      ['/v1/orgs', 'Organizations (needs a key); reports are below each, at /v1/orgs/{org}/reports/summary'],
      ['/health/ready', 'Is every part there?'],
      ['/metrics', 'Metrics'],
      ...(mailboxUrl === null ? [] : [[mailboxUrl, 'Mails caught by the demo']]),
    ];
    const items = links.map(([href = '', text = '']) => `<li><a href="${escaped(href)}">${escaped(text)}</a></li>`).join('');
    return `<!doctype html><html lang="en"><meta charset="utf-8"><title>mistwatch</title><h1>mistwatch</h1><ul>${items}</ul></html>\n`;
  }
}
