import { createHmac } from 'node:crypto';
import { WEBHOOK_SECRET } from './rollout-operator.ts';

/** Tells the operator that an alias of the model moved, as MLflow does. @throws Error if the operator refuses */
export async function deliverWebhook(port: number, model: string): Promise<void> {
  const id = crypto.randomUUID();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({ data: { name: model, alias: 'champion' } });
  const signature = createHmac('sha256', WEBHOOK_SECRET)
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  const response = await fetch(`http://127.0.0.1:${port}/webhooks/mlflow`, {
    method: 'POST',
    headers: {
      'X-MLflow-Delivery-Id': id,
      'X-MLflow-Timestamp': timestamp,
      'X-MLflow-Signature': `v1,${signature}`,
    },
    body,
  });
  if (!response.ok) throw new Error(`the webhook answered ${response.status}: ${await response.text()}`);
}
