"""$fhirpath: an expression over a resource, asked and answered as the FHIRPath Lab does.

https://fhirpath-lab.com, https://github.com/brianpos/fhirpath-lab/blob/master/server-api.md
"""

from fhir_server.operations.fhirpath.operation import FHIRPATH

__all__ = ["FHIRPATH"]
