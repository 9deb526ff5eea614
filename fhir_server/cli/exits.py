"""Exit codes: 0 done; 1 a finding (invalid resource, nothing found); 2 usage, settings or input that cannot be read;
3 done, but some of the data had errors; 130 interrupted."""

DONE, FOUND, USAGE, DATA, INTERRUPTED = 0, 1, 2, 3, 130
