can only kill running containers\. one is in state created
