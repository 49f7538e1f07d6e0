export * from './document.js';
export { BAR_THICKNESS, chartGeometry, type ChartGeometry, type Point, type Tick } from './chart.js';
export { isTone, seriesColour, TONE_COLOURS } from './colours.js';
export { renderHtml } from './html.js';
export { renderPlain } from './plain.js';
export { MOST_SHOWN, shownTable } from './shown.js';
export { documentJson, renderCsv, sheetsOf } from './tables.js';
export { headText, isRight, numberText, valueText } from './values.js';
