// Emscripten's glue writes the functions at its module's border as text and has `Function` compile them, which a Worker
// forbids. There are two kinds. This `Function` is given to glue in the global one's place: it makes what the text says
// out of the names of what the text refers to.

export function Function(...names) {
  const text = names.pop();
  return names[0] === "retType" ? caller(text) : invoker(names, text);
}

// The glue asks of the one that it has.
Object.defineProperty(Function, Symbol.hasInstance, { value: (value) => typeof value === "function" });

/** Calls into the module. */
function invoker(names, text) {
  if (text.includes("thisWired")) throw new Error("no codec has classes");
  const collects = text.includes("destructors = []");
  const returns = text.includes("return ret;");
  return (...values) => {
    const of = Object.fromEntries(names.map((name, at) => [name, values[at]]));
    const types = names.filter((name) => name.startsWith("argType")).map((name) => of[name]);
    return (...given) => {
      const destructors = collects ? [] : null;
      const wired = types.map((type, at) => type.toWireType(destructors, given[at]));
      const value = of.invoker(of.fn, ...wired);
      if (collects) of.runDestructors(destructors);
      else wired.forEach((argument, at) => of[`arg${at}Wired_dtor`]?.(argument));
      return returns ? of.retType.fromWireType(value) : undefined;
    };
  };
}

/** Calls out of it. */
function caller(text) {
  const constructs = text.includes("new func(");
  const returns = text.includes("emval_returnValue(");
  return (type, ...values) => {
    const returnValue = returns ? values.pop() : undefined;
    return (object, func, destructors, at) => {
      const given = values.map((value) => {
        const argument = value.readValueFromPointer(at);
        at += value.argPackAdvance;
        return argument;
      });
      const value = constructs ? new func(...given) : func.call(object, ...given);
      return returnValue?.(type, destructors, value);
    };
  };
}
