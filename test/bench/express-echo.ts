import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';

// Shows the cost of express alone: this server parses the body and answers with it.
const app = express().disable('x-powered-by').disable('etag');
app.use(express.json());
app.post('/predict', (request, response) => {
  response.json(request.body);
});
app.get('/readyz', (_request, response) => {
  response.end();
});
const server = app.listen(Number(process.argv[2] ?? 0), '127.0.0.1');
await once(server, 'listening');
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
