"""What `import sim` offers: public functions, and results with their words, pictures and files."""
