needs a template
