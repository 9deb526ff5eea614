"""Tables as files: rows of views, and resources as columns. https://parquet.apache.org, https://www.rfc-editor.org/rfc/rfc4180"""
