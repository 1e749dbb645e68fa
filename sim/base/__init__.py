"""What every floor uses: translated text, files, errors and the version."""
