// As django-cfg 16.3 says: what the package of the original was made with, and its answers checked.
export default {
  input: 'contract.json',
  output: 'client',
  plugins: [
    '@hey-api/client-fetch',
    { name: '@hey-api/typescript', enums: 'typescript' },
    'zod',
    { name: '@hey-api/sdk', operations: { strategy: 'byTags' }, validator: { response: 'zod' } },
  ],
};
