// Drives a FHIR server with fhir-kit-client: node drive.mjs http://127.0.0.1:8080/fhir
import assert from 'node:assert/strict';
import { Client } from 'fhir-kit-client';

const client = new Client({ baseUrl: process.argv[2] });
const family = 'Khách';
const patient = (given) => ({ resourceType: 'Patient', name: [{ family, given: [given] }] });

async function refused(call, status) {
  await assert.rejects(call, (error) => {
    assert.equal(error.response?.status ?? error.status, status);
    assert.equal((error.response?.data ?? error.data).resourceType, 'OperationOutcome');
    return true;
  });
}

const statement = await client.capabilityStatement();
assert.equal(statement.resourceType, 'CapabilityStatement');

const made = await client.create({ resourceType: 'Patient', body: patient('An') });
const at = { resourceType: 'Patient', id: made.id };
assert.deepEqual(await client.read(at), made);
assert.deepEqual(await client.vread({ ...at, version: '1' }), made);

const updated = await client.update({ ...at, body: { ...made, active: true } });
assert.equal(updated.meta.versionId, '2');
const patched = await client.patch({ ...at, jsonPatch: [{ op: 'replace', path: '/active', value: false }] });
assert.equal(patched.active, false);

for (const given of ['Bình', 'Chi', 'Dung']) await client.create({ resourceType: 'Patient', body: patient(given) });
const seen = [];
let page = await client.search({ resourceType: 'Patient', searchParams: { family: 'khach', _count: 2, _sort: 'given' } });
while (page) {
  seen.push(...page.entry.map((row) => row.resource.name[0].given[0]));
  page = page.link.some((link) => link.relation === 'next') ? await client.nextPage({ bundle: page }) : undefined;
}
assert.deepEqual(seen, ['An', 'Bình', 'Chi', 'Dung']);
const first = await client.search({ resourceType: 'Patient', searchParams: { family: 'khach', _count: 2, _sort: 'given' } });
const back = await client.prevPage({ bundle: await client.nextPage({ bundle: first }) });
assert.deepEqual(back.entry, first.entry);
const posted = await client.search({
  resourceType: 'Patient', searchParams: { family: 'khach', _summary: 'count' }, options: { postSearch: true },
});
assert.equal(posted.total, 4);

const urn = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a';
const body = {
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    { fullUrl: urn, resource: patient('Giang'), request: { method: 'POST', url: 'Patient' } },
    {
      resource: {
        resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: urn },
      },
      request: { method: 'POST', url: 'Observation' },
    },
  ],
};
const answered = await client.transaction({ body });
assert.deepEqual(answered.entry.map((row) => row.response.status), ['201 Created', '201 Created']);
const who = answered.entry[0].response.location.split('/').slice(-3)[0];
const found = await client.compartmentSearch({
  resourceType: 'Observation', compartment: { resourceType: 'Patient', id: who },
});
assert.equal(found.entry.length, 1);
const record = await client.operation({ name: 'everything', resourceType: 'Patient', id: who, method: 'GET' });
assert.deepEqual(record.entry.map((row) => row.resource.resourceType), ['Patient', 'Observation']);
const batch = await client.batch({
  body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: `Patient/${who}` } }] },
});
assert.equal(batch.entry[0].resource.id, who);

const history = await client.history(at);
assert.deepEqual(history.entry.map((row) => row.response.etag), ['W/"3"', 'W/"2"', 'W/"1"']);
await client.delete(at);
await refused(client.read(at), 410);
await refused(client.read({ resourceType: 'Patient', id: 'nobody' }), 404);
await refused(client.search({ resourceType: 'Patient', searchParams: { colour: 'blue' } }), 400);
console.log('fhir-kit-client: all calls answered as expected');
