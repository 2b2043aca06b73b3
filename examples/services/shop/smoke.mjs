// Asks the deployed shop for one product: exit code 0 when the answer is right.
const response = await fetch(`${process.env.URL}/products/gear`, { signal: AbortSignal.timeout(5000) });
const body = await response.json();
if (response.status !== 200 || body.sku !== 'gear' || !(body.cents > 0)) {
  process.stderr.write(`the shop answers ${response.status} ${JSON.stringify(body)}\n`);
  process.exit(1);
}
