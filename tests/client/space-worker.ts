/** The worker of the browser tests: what an app's own worker script looks like. */
import { exposeSpaceHost } from '../../src/worker/main.ts';

exposeSpaceHost();
