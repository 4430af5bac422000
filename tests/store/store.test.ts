import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { storeSuite } from './store-suite.ts';

storeSuite(() => new IDBFactory());
