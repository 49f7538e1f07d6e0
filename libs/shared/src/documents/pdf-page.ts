import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';

const resolve = createRequire(import.meta.url).resolve;
const FONTS = {
  plain: resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf'),
  bold: resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf'),
} as const;
export type Weight = keyof typeof FONTS;

export const INK = '#1c2330';
export const SOFT = '#5f6672';
export const LINE = '#c9ced6';
export const BAND = '#eef1f4';
const MARGIN = 36;
const FOOT = 24;

export interface Style {
  readonly size: number;
  readonly weight?: Weight;
  readonly colour?: string;
}

/** A pen on the pages of a PDF: it knows how far down it is and begins a page when something does not fit. */
export class PdfPages {
  readonly pdf: PDFKit.PDFDocument;
  readonly left = MARGIN;
  readonly width: number;
  y = MARGIN;
  private readonly bottom: number;

  constructor(info: { readonly title: string; readonly at: number }) {
    this.pdf = new PDFDocument({
      size: 'A4',
      layout: 'landscape',
      margin: MARGIN,
      bufferPages: true,
      lang: 'en',
      displayTitle: true,
      // The time is that of the report, not of the drawing: the same report is the same bytes.
      info: { Title: info.title, Creator: 'mistwatch', Producer: 'mistwatch', CreationDate: new Date(info.at) },
    });
    for (const [name, path] of Object.entries(FONTS)) this.pdf.registerFont(name, path);
    this.width = this.pdf.page.width - 2 * MARGIN;
    this.bottom = this.pdf.page.height - MARGIN - FOOT;
  }

  /** Makes room; true when that took a new page. */
  room(height: number): boolean {
    if (this.y + height <= this.bottom) return false;
    this.pdf.addPage();
    this.y = MARGIN;
    return true;
  }

  widthOf(said: string, { size, weight = 'plain' }: Style): number {
    return this.pdf.font(weight).fontSize(size).widthOfString(said);
  }

  /** Cuts a text to a width; `…` says that something is missing. */
  clipped(said: string, style: Style, width: number): string {
    if (this.widthOf(said, style) <= width) return said;
    const letters = [...said];
    let [low, high] = [0, letters.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.widthOf(`${letters.slice(0, middle).join('')}…`, style) <= width) low = middle;
      else high = middle - 1;
    }
    return `${letters.slice(0, low).join('')}…`;
  }

  /** Writes one line at a place, cut to nothing. */
  write(said: string, at: { readonly x: number; readonly y: number }, { size, weight = 'plain', colour = INK }: Style): void {
    this.pdf.font(weight).fontSize(size).fillColor(colour).text(said, at.x, at.y, { lineBreak: false });
  }

  /** Writes a text over as many lines as it needs. */
  paragraph(said: string, style: Style, indent = 0): void {
    const { size, weight = 'plain', colour = INK } = style;
    const options = { width: this.width - indent };
    this.room(Math.min(this.pdf.font(weight).fontSize(size).heightOfString(said, options), 200));
    this.pdf.fillColor(colour).text(said, this.left + indent, this.y, options);
    this.y = this.pdf.y + 4;
  }

  /** Numbers the pages and ends the document. */
  async end(footer: string): Promise<Buffer> {
    const { count } = this.pdf.bufferedPageRange();
    for (let i = 0; i < count; i++) {
      this.pdf.switchToPage(i);
      // What is written below the margin would begin a page.
      this.pdf.page.margins.bottom = 0;
      const y = this.pdf.page.height - MARGIN - 8;
      const page = `${String(i + 1)} / ${String(count)}`;
      const style = { size: 8, colour: SOFT };
      this.write(this.clipped(footer, style, this.width - 80), { x: this.left, y }, style);
      this.write(page, { x: this.left + this.width - this.widthOf(page, style), y }, style);
    }
    this.pdf.end();
    const chunks: Buffer[] = [];
    for await (const chunk of this.pdf) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
}
