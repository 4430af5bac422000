import { historySuite } from './history-suite.ts';

historySuite(() => indexedDB, 24);
