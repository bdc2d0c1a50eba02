"""Manifests for Kubernetes, and the parts of them that follow from the settings classes: `python -m deploy.k8s`."""
