import { databaseSuite } from './database-suite.ts';

databaseSuite(() => indexedDB);
