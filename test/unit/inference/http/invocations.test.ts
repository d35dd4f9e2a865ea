import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT } from '../../../support/model/loan-model.ts';

const PATH = '/2015-03-31/functions/function/invocations';

function eventOf(...payloads: unknown[]) {
  return {
    Records: payloads.map((payload) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: '1',
        sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
        data: Buffer.from(JSON.stringify(payload)).toString('base64'),
        approximateArrivalTimestamp: 1545084650.987,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: 'shardId-000000000006:49590338271490256608559692538361571095921575989136588898',
      eventName: 'aws:kinesis:record',
      eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/loan-applications',
    })),
  };
}

describe("Lambda's path", () => {
  let app: Awaited<ReturnType<typeof httpApp>>;
  beforeAll(async () => {
    app = await httpApp({ stable: new FakeModel() });
  });
  afterAll(() => app.close());

  test("answers the predecessor's event with its predictions", async () => {
    const event = eventOf({ input: EXAMPLE_INPUT, request_id: 256 });
    const { status, json, headers } = await app.post(PATH, event);
    expect(status).toBe(200);
    expect(headers.get('X-Amz-Function-Error')).toBeNull();
    expect(json().predictions).toMatchObject([
      { model: 'loan-eligibility', model_version: '7', prediction: { request_id: '256', approved: true } },
    ]);
    expect(json()).toEqual((await app.post('/predict', event)).json());
  });

  test('is an event with other keys before its records', async () => {
    const { json } = await app.post(PATH, { detail: {}, ...eventOf({ input: EXAMPLE_INPUT }) });
    expect(json().predictions).toHaveLength(1);
  });

  test('decides a plain application as /predict does', async () => {
    for (const body of [EXAMPLE_INPUT, { input: EXAMPLE_INPUT, request_id: 'a' }]) {
      const { status, json } = await app.post(PATH, body);
      expect(status).toBe(200);
      expect(json()).toMatchObject({ prediction: 'Approved', approved: true });
    }
  });

  test.each<[string, unknown, string]>([
    ['an application that breaks a rule', { ...EXAMPLE_INPUT, Married: 'Maybe' }, 'unknown_category'],
    ['an application without an income', {}, 'missing_field'],
    ['a body that is not JSON', '{', 'not_json'],
    ['no body', '', 'not_json'],
    ['an array', '[]', 'invalid_envelope'],
    ['an unreadable event', { Records: [{ kinesis: { data: '%' } }] }, 'invalid_envelope'],
  ])('answers %s as a failed function: 200 and the error', async (_, body, errorType) => {
    const { status, json, headers } = await app.post(PATH, body);
    expect(status).toBe(200);
    expect(headers.get('X-Amz-Function-Error')).toBe('Unhandled');
    expect(json()).toEqual({ errorType, errorMessage: expect.any(String) });
  });

  test('answers a model that fails in the same way, without internals', async () => {
    await using failing = await httpApp({ stable: new FakeModel({ failure: 'secret of the graph' }) });
    const { status, json, text } = await failing.post(PATH, EXAMPLE_INPUT);
    expect(status).toBe(200);
    expect(json()).toEqual({ errorType: 'internal', errorMessage: 'the server failed on this request' });
    expect(text).not.toContain('secret');
  });

  test('is answered 503, with when to come back, while no model is loaded', async () => {
    await using empty = await httpApp();
    const { status, json, headers } = await empty.post(PATH, EXAMPLE_INPUT);
    expect([status, headers.get('Retry-After')]).toEqual([503, '5']);
    expect(json()).toEqual({ errorType: 'no_model', errorMessage: 'no model is loaded yet' });
  });
});
