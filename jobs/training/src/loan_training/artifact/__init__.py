"""What a server loads beside the graph: serving.json, and the digest over both files."""
