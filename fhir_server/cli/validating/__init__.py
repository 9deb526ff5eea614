"""What ``fhir-server validate`` is made of: files into pieces, pieces into issues, issues into a report."""
