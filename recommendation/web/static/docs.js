/* global SwaggerUIBundle */
SwaggerUIBundle({
  url: document.getElementById('docs').dataset.schema,
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
});
