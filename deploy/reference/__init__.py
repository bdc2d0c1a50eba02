"""What is generated from the code: pages of docs/ and the documents that describe the interfaces."""
