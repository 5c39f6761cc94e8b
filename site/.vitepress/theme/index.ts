import DefaultTheme from "vitepress/theme";
import "../../../viewer/src/tokens.css";
import "./site.css";

export default DefaultTheme;
