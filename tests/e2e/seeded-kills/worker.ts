/** An app's worker script, its awaits counted. */
import './await-points.ts';
import { exposeSpaceHost } from '../../../src/worker/main.ts';

exposeSpaceHost();
