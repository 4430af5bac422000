import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { historySuite } from './history-suite.ts';

historySuite(() => new IDBFactory(), 500);
