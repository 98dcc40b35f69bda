"""What tools/check-manifests is made of: rendering, schemas, rules."""
