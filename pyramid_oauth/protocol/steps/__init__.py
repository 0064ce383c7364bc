"""Named steps that oauthlib's grants take before or after their own checks."""
