pipegen render
