without a beginning
