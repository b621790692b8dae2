// No validator: it would send the description to a site elsewhere. The token stays in the page's memory.
SwaggerUIBundle({url: "../openapi.json", dom_id: "#page", validatorUrl: null, deepLinking: true});
