import { httpApp } from '../support/model/http-app.ts';
import { loadBenchModel } from './bench-model.ts';

// Serves the benchmark model by the service's own HTTP API, without a registry or a stream.
const { url } = await httpApp({ stable: await loadBenchModel(), port: Number(process.argv[2] ?? 0) });
console.log(url);
