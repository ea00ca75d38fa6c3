"""What drawings of several stages share: fonts for any script, and the one style of all charts."""
